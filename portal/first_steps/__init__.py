"""The ten steps to begin with: each ticked by what has been done, none by hand; and what the books say already."""
