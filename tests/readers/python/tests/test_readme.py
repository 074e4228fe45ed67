"""The examples of the README print what it says. TCPTRACER_UPDATE_DOCS=1 writes what they print."""
import contextlib
import io
import os
import re
import unittest
from pathlib import Path

from .material import SHOP

README = Path(__file__).resolve().parents[1] / "README.md"


class ReadmeTest(unittest.TestCase):
    def test_examples(self):
        try:
            import pandas
            pandas.DataFrame
        except (ImportError, AttributeError):
            self.skipTest("pandas is not installed")
        examples = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README.read_text(), re.DOTALL)
        self.assertEqual(3, len(examples))
        before, names = os.getcwd(), {}
        os.chdir(SHOP.parent)
        try:
            for code, expected in examples:
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    exec(code, names)
                if os.environ.get("TCPTRACER_UPDATE_DOCS") == "1":
                    README.write_text(README.read_text().replace(expected, printed.getvalue()))
                else:
                    self.assertEqual(expected, printed.getvalue())
        finally:
            os.chdir(before)

    def test_every_attribute_is_there(self):
        import tcptracer_trace as tct
        rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", README.read_text().partition("| of a trace | is |")[2], re.MULTILINE)
        names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        self.assertGreater(len(names), 10)
        with tct.open(SHOP) as trace:
            for name in names:
                self.assertTrue(hasattr(trace, name), name)
