"""The demo's world: a believable Italian company and its month, from a seed and the day of first start."""
