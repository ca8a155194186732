"""What every kind shares that learns: windows, learners, inputs, identity, reasons, units."""
