export { type BoardTreeOptions, boardDeviceTree } from './board-tree.ts';
export { flattenTree, type PropertyValue, type TreeNode } from './flattened-tree.ts';
