"""The city: a federation of unions with its counties and enterprises, and a year in the life of each."""
