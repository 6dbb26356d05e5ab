"""Where the parts meet: the only place that sees every adapter."""
