"""A translator's workbench for Dutch to English."""

__version__ = "0.1.0"
