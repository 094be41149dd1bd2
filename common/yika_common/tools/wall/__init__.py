"""``yika meter wall``: eight meters on a page, for a person with a card in the hand."""
