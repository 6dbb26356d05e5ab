"""The case side: cases, HTTP, console, command line, and the wiring of everything."""
