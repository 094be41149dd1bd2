"""Records of other kinds than come with every sale: few enough to be listed by themselves."""

SELDOM = (
    'substr(line, 1, 12) NOT IN (CAST(\'{"t":"intent\' AS BLOB),'
    ' CAST(\'{"t":"readin\' AS BLOB), CAST(\'{"t":"sale",\' AS BLOB))'
)
"""The condition of the index ``record_seldom``, word for word, so that SQLite may use it."""
