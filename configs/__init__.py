"""What a city writes down: settings, feeds, zones, matters. Read once at the start into frozen values."""
