"""The steps that bring a lake from one format to the next; a module is a step, and is found by its
being here.
"""
