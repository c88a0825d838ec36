"""`make bench`: our figures beside stock Channels and the physical floor, measured in one run."""
