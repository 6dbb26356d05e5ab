"""Detections to incidents on the grid: zones, projection, cells, grouping over visits."""
