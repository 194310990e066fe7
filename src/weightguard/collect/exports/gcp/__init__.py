"""Exports of Google Cloud."""
