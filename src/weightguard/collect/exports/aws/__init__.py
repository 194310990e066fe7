"""Exports of AWS."""
