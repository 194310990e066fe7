"""Escalation techniques as data, one YAML file each; `weightguard.access.aws.technique_data.schema` says what an entry holds."""
