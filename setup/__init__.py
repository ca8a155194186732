"""Set-up: two Python environments, Java 17 and the jars, from a machine that has only Python 3.11.
Standard library only.
"""
