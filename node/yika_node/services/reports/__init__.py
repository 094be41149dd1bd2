"""Business data: looked up, summed, printed, and made into workbooks."""
