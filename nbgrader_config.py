"""nbgrader's settings for this course: its folders, how a release is made, and how a submission is graded."""

from bpcore.authoring import RELEASE_STEPS

c = get_config()  # noqa: F821  nbgrader puts it there

c.CourseDirectory.course_id = "backpropagation"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "course"
# The prose lies beside the solved notebooks, and holds what a release must not.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.py", "*.md"]

# As nbgrader has it, with our stubs for its own: a blank, a faded text or a bug to find is what an exercise begins
# with.
c.GenerateAssignment.preprocessors = RELEASE_STEPS

# As nbgrader has it, after our own, which leaves nothing in a submission on which these would stop.
c.Autograde.sanitize_preprocessors = [
    "bpcore.grading.nbgrader_door.Rebuild",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# As nbgrader has it, with our own in the place of Execute: a student's code runs behind a wall.
c.Autograde.autograde_preprocessors = [
    "bpcore.grading.nbgrader_door.WalledExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader validate` still runs a notebook in a kernel, on the student's own machine.
c.ExecutePreprocessor.timeout = 120
c.Execute.timeout = 120
