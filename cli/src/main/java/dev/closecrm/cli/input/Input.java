package dev.closecrm.cli.input;

/**
 * One input of a run.
 *
 * @param index its place among the inputs, counted from 0
 * @param id what stands there, whether it is a contact id or not
 */
public record Input(int index, String id) {}
