"""What is measured, a section a module."""
