"""Figures: spans, measures as of an instant. Nothing here writes."""
