/** The neutral half of closecrm-reactive: values, errors, and every decision as a pure function. */
module dev.closecrm.core {
    requires tools.jackson.databind;
    requires static transitive org.jspecify;

    exports dev.closecrm.core;
    exports dev.closecrm.core.error;
    exports dev.closecrm.core.engine.quota to
            dev.closecrm.reactor,
            dev.closecrm.benchmarks;
    exports dev.closecrm.core.engine.request to
            dev.closecrm.reactor,
            dev.closecrm.benchmarks;
    exports dev.closecrm.core.engine.response to
            dev.closecrm.reactor,
            dev.closecrm.benchmarks;
    exports dev.closecrm.core.engine.retry to
            dev.closecrm.reactor,
            dev.closecrm.benchmarks;
    exports dev.closecrm.core.engine.token to
            dev.closecrm.reactor,
            dev.closecrm.benchmarks;
}
