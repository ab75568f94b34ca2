"""What one flow's page shows of its bodies, as values without Flask: texts, differences, timeline, message."""
