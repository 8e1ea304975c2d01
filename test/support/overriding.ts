/** An object with some methods replaced: a port that loses answers or dies at a chosen step. */
export function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      const replaced: unknown = Reflect.get(methods, name);
      if (replaced !== undefined) return replaced;
      const own: unknown = Reflect.get(of, name);
      return typeof own === 'function' ? (own.bind(of) as unknown) : own;
    },
  });
}
