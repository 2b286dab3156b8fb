"""Who hears of a change, and in which words."""
