"""Puts the course's notebooks into the package that is installed; everything else is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithCourse(build_py):
    """A copy of course/ as bpcore/course, so that an installed bpcore can give it to a learner."""

    def run(self) -> None:
        """Build as ever, then copy; an editable install reads course/ where it is."""
        super().run()
        if self.editable_mode:
            return
        for notebook in sorted(Path("course").glob("*/*.ipynb")):
            target = Path(self.build_lib, "bpcore", notebook)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notebook, target)


setup(cmdclass={"build_py": WithCourse})
