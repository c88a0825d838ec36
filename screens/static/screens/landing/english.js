// English of the landing page.

export const WORDS = {
  "每分钟 {count} 位客人，已经 {minutes} 分钟": "{count} guests a minute, for {minutes} min",
  "正在停下…": "Stopping…",
  "没能先替您登录，请在页面里登录": "Could not log in for you; please log in on the page",
};
