"""The command line: one module per group of commands, gathered by wiring."""
