"""城市交通缓堵畅流: state, diagnosis and measures on the layered road network."""
