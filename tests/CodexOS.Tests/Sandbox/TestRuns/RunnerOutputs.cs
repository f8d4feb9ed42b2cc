namespace CodexOS.Tests.Sandbox.TestRuns;

/// <summary>What runners really wrote, but for the workspace's path and for the directive "todo", which is in capitals there.</summary>
internal static class RunnerOutputs
{
    /// <summary>Node 20, <c>--test-reporter=tap</c>: two files, one of which cannot be loaded.</summary>
    public const string NodeTap =
        """
        TAP version 13
        # Subtest: adds
        ok 1 - adds
          ---
          duration_ms: 1.154384
          ...
        # Subtest: subtracts
        not ok 2 - subtracts
          ---
          duration_ms: 1.010101
          location: '/workspace/calc.test.js:4:1'
          failureType: 'testCodeFailure'
          error: '0 == 1'
          code: 'ERR_ASSERTION'
          name: 'AssertionError'
          expected: 1
          actual: 0
          operator: '=='
          stack: |-
            TestContext.<anonymous> (/workspace/calc.test.js:5:10)
            Test.runInAsyncScope (node:async_hooks:206:9)
            Test.run (node:internal/test_runner/test:796:25)
            Test.processPendingSubtests (node:internal/test_runner/test:526:18)
            Test.postRun (node:internal/test_runner/test:889:19)
            Test.run (node:internal/test_runner/test:835:12)
            async Test.processPendingSubtests (node:internal/test_runner/test:526:7)
          ...
        # Subtest: later
        ok 3 - later # SKIP not yet
          ---
          duration_ms: 0.133718
          ...
        # Subtest: someday
        not ok 4 - someday # todo
          ---
          duration_ms: 19.45023
          location: '/workspace/calc.test.js:8:1'
          failureType: 'testCodeFailure'
          error: |-
            The expression evaluated to a falsy value:

              assert.ok(false)

          code: 'ERR_ASSERTION'
          name: 'AssertionError'
          expected: true
          actual: false
          operator: '=='
          stack: |-
            TestContext.<anonymous> (/workspace/calc.test.js:8:48)
            Test.runInAsyncScope (node:async_hooks:206:9)
            Test.run (node:internal/test_runner/test:796:25)
            Test.processPendingSubtests (node:internal/test_runner/test:526:18)
            Test.postRun (node:internal/test_runner/test:889:19)
            Test.run (node:internal/test_runner/test:835:12)
            async Test.processPendingSubtests (node:internal/test_runner/test:526:7)
          ...
        # Subtest: group
            # Subtest: inner ok
            ok 1 - inner ok
              ---
              duration_ms: 0.200548
              ...
            # Subtest: throws
            not ok 2 - throws
              ---
              duration_ms: 0.135612
              location: '/workspace/calc.test.js:11:3'
              failureType: 'testCodeFailure'
              error: |-
                broken: yes
                second line
              code: 'ERR_TEST_FAILURE'
              stack: |-
                TestContext.<anonymous> (/workspace/calc.test.js:11:30)
                Test.runInAsyncScope (node:async_hooks:206:9)
                Test.run (node:internal/test_runner/test:796:25)
                Suite.processPendingSubtests (node:internal/test_runner/test:526:18)
                Test.postRun (node:internal/test_runner/test:889:19)
                Test.run (node:internal/test_runner/test:835:12)
                async Promise.all (index 0)
                async Suite.run (node:internal/test_runner/test:1135:7)
                async Test.processPendingSubtests (node:internal/test_runner/test:526:7)
              ...
            1..2
        not ok 5 - group
          ---
          duration_ms: 0.773469
          type: 'suite'
          location: '/workspace/calc.test.js:9:1'
          failureType: 'subtestsFailed'
          error: '1 subtest failed'
          code: 'ERR_TEST_FAILURE'
          ...
        # Subtest: parent
            # Subtest: child
            ok 1 - child
              ---
              duration_ms: 0.135021
              ...
            1..1
        ok 6 - parent
          ---
          duration_ms: 0.393245
          ...
        # /workspace/crash.test.js:1
        # throw new Error('cannot load');
        # ^
        # Error: cannot load
        #     at Object.<anonymous> (/workspace/crash.test.js:1:7)
        #     at Module._compile (node:internal/modules/cjs/loader:1521:14)
        #     at Module._extensions..js (node:internal/modules/cjs/loader:1623:10)
        #     at Module.load (node:internal/modules/cjs/loader:1266:32)
        #     at Module._load (node:internal/modules/cjs/loader:1091:12)
        #     at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:164:12)
        #     at node:internal/main/run_main_module:28:49
        # Node.js v20.20.2
        # Subtest: /workspace/crash.test.js
        not ok 2 - /workspace/crash.test.js
          ---
          duration_ms: 222.595463
          location: '/workspace/crash.test.js:1:1'
          failureType: 'testCodeFailure'
          exitCode: 1
          signal: ~
          error: 'test failed'
          code: 'ERR_TEST_FAILURE'
          ...
        1..7
        # tests 9
        # suites 1
        # pass 4
        # fail 3
        # cancelled 0
        # skipped 1
        # todo 1
        # duration_ms 520.894279

        """;

    /// <summary>Python 3.11, <c>python3 -m unittest discover -v</c>.</summary>
    public const string Unittest =
        """
        test_broken (unittest.loader._FailedTest.test_broken) ... ERROR
        test_add (test_calc.Calc.test_add) ... ok
        test_err (test_calc.Calc.test_err) ... ERROR
        test_exp (test_calc.Calc.test_exp) ... expected failure
        test_skip (test_calc.Calc.test_skip) ... skipped 'not yet'
        test_sub (test_calc.Calc.test_sub)
        Subtracts well. ... FAIL
        test_subs (test_calc.Calc.test_subs) ... 
          test_subs (test_calc.Calc.test_subs) (i=1) ... FAIL
          test_subs (test_calc.Calc.test_subs) (i=2) ... FAIL
        test_unexp (test_calc.Calc.test_unexp) ... unexpected success

        ======================================================================
        ERROR: test_broken (unittest.loader._FailedTest.test_broken)
        ----------------------------------------------------------------------
        ImportError: Failed to import test module: test_broken
        Traceback (most recent call last):
          File "/usr/lib/python3.11/unittest/loader.py", line 419, in _find_test_path
            module = self._get_module_from_name(name)
                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          File "/usr/lib/python3.11/unittest/loader.py", line 362, in _get_module_from_name
            __import__(name)
          File "/workspace/test_broken.py", line 1, in <module>
            import nothing_here
        ModuleNotFoundError: No module named 'nothing_here'


        ======================================================================
        ERROR: test_err (test_calc.Calc.test_err)
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/workspace/test_calc.py", line 9, in test_err
            raise ValueError("boom")
        ValueError: boom

        ======================================================================
        FAIL: test_sub (test_calc.Calc.test_sub)
        Subtracts well.
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/workspace/test_calc.py", line 7, in test_sub
            self.assertEqual(2 - 2, 1, "numbers\nare wrong")
        AssertionError: 0 != 1 : numbers
        are wrong

        ======================================================================
        FAIL: test_subs (test_calc.Calc.test_subs) (i=1)
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/workspace/test_calc.py", line 22, in test_subs
            self.assertEqual(i, 0)
        AssertionError: 1 != 0

        ======================================================================
        FAIL: test_subs (test_calc.Calc.test_subs) (i=2)
        ----------------------------------------------------------------------
        Traceback (most recent call last):
          File "/workspace/test_calc.py", line 22, in test_subs
            self.assertEqual(i, 0)
        AssertionError: 2 != 0

        ======================================================================
        UNEXPECTED SUCCESS: test_unexp (test_calc.Calc.test_unexp)
        ----------------------------------------------------------------------
        Ran 8 tests in 0.006s

        FAILED (failures=3, errors=2, skipped=1, expected failures=1, unexpected successes=1)

        """;

    /// <summary>The test harness of Rust 1.95.</summary>
    public const string Cargo =
        """

        running 4 tests
        test tests::errs ... FAILED
        test tests::adds ... ok
        test tests::later ... ignored
        test tests::subs ... FAILED

        failures:

        ---- tests::errs stdout ----
        Error: "no"

        ---- tests::subs stdout ----
        told

        thread 'tests::subs' (21575) panicked at src/lib.rs:8:9:
        assertion `left == right` failed: numbers differ
          left: 0
         right: 1
        stack backtrace:
           0: __rustc::rust_begin_unwind
                     at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs:689:5
           1: core::panicking::panic_fmt
                     at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panicking.rs:80:14
           2: core::panicking::assert_failed_inner
                     at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panicking.rs:434:23
           3: core::panicking::assert_failed::<i32, i32>
                     at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/panicking.rs:394:5
           4: lib::tests::subs
           5: lib::tests::subs::{{closure}}
           6: core::ops::function::FnOnce::call_once
           7: <fn() -> core::result::Result<(), alloc::string::String> as core::ops::function::FnOnce<()>>::call_once
                     at /rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/ops/function.rs:250:5
        note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.


        failures:
            tests::errs
            tests::subs

        test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.18s

        """;

    /// <summary>CTest 3.25, <c>--output-junit</c>.</summary>
    public const string CTestXml =
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuite name="(empty)"
          tests="4"
          failures="1"
          disabled="1"
          skipped="1"
          hostname=""
          time="0"
          timestamp="2026-11-26T02:48:48"
          >
          <testcase name="good" classname="good" time="0.0182678" status="run">
            <system-out></system-out>
          </testcase>
          <testcase name="bad" classname="bad" time="0.00587752" status="fail">
            <failure message=""/>
            <system-out>it broke
        </system-out>
          </testcase>
          <testcase name="off" classname="off" time="0" status="disabled">
            <system-out>Disabled</system-out>
          </testcase>
          <testcase name="missing" classname="missing" time="0" status="notrun">
            <skipped message="Unable to find executable"/>
            <system-out>Unable to find executable: /no/such/program</system-out>
          </testcase>
        </testsuite>

        """;
}
