"""What a person runs: the command, the tools to operate a lake, the documentation, onboarding,
Airflow on this machine, the demo.
"""
