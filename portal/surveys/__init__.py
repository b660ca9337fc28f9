"""What people felt after each outcome: asked seldom, and read as figures that point at nobody."""
