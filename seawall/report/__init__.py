"""The only place that formats: findings, plans, events and errors become text, JSON or SARIF.

Nothing here asks a server or decides an exit code.
"""
