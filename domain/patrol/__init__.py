"""城市治理立体巡查: recognition results, merging and severity."""
