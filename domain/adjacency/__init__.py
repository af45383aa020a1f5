"""毗邻交叉区域治理: who is responsible where areas, departments or owners meet."""
