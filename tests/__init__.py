"""The test suite: each property is written once and runs for every formula of the catalogue."""
