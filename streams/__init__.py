"""Feeds in: plans, schedule, visits, frames. The unit of work is a visit: open, one fresh frame, close."""
