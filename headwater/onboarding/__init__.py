"""A new shop from a file: what is proposed, why, what is asked, and a rehearsal of the mapping
before anything is ingested.
"""
