"""A creditor's own words for the messages of the cadence, in versions, through the tone gate."""
