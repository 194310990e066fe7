"""Reports: one module a format, each `render(report) -> bytes`."""
