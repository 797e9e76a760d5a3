"""Problems whose answers can be checked: pose them, verify answers, calibrate both."""
