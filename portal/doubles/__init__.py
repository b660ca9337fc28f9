"""Stand-ins of our own for the outside world, on loopback: for the tests, the demo and the simulator."""
