"""Early warning (高频共性问题监测预警): where, since when and how surely cases are more than chance would bring."""
