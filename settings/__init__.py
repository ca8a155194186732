"""The configuration of both environments: models, the files of conf/, and environment variables.

It imports no other room.
"""
