import { podCaller } from './resolver-under-test.ts';

/** Two pods of `shop/web`. */
export const [web1, web2] = [podCaller('web-1'), podCaller('web-2')];
