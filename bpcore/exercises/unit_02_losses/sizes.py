"""What the sizes of an array are called in this unit's reports."""

SAMPLES, OUTPUTS, CLASSES = "the number of samples N", "the number of outputs D", "the number of classes K"
ENTRIES = "the number of all entries"
