"""``yika demo``: the main job, end to end, on the published prices, with simulated hardware."""
