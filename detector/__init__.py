"""Frames to detections: models behind one port, weights with their manifest, the quick look's reports."""
