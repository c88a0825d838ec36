// English of the board.

export const WORDS = {
  "请 {number} 号取餐": "Number {number}, please",
  "打开声音": "Turn on sound",
};
