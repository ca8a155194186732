"""What everything else stands on: a run, the errors of a person, the Spark session, Java."""
