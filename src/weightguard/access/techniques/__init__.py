"""Escalation techniques as data, one YAML file each; `weightguard.access.techniques.schema` says what an entry holds."""
