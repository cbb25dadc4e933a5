import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Names what was skipped, and prints the one line that a machine counts: `Tests: N passed, N failed, N skipped`. */
export default class CountingReporter implements Reporter {
  #namesSkipped = true;

  onInit(vitest: Vitest): void {
    // With -t the others are skipped because somebody asked for it.
    this.#namesSkipped = vitest.config.testNamePattern === undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      // What failed outside of a test: an import, a hook of a file or of a suite.
      for (const suite of [module, ...module.children.allSuites()]) count.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        if (state === 'skipped' && this.#namesSkipped) console.log(`skipped: ${test.fullName}`);
      }
    }
    console.log(`Tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`);
  }
}
