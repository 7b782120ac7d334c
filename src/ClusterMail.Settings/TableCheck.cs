namespace ClusterMail.Settings;

/// <summary>Checks the text of one table. The grammars live with the rooms that use them, so the caller registers them here.</summary>
/// <param name="text">The table as it would be saved.</param>
/// <param name="set">The set it would be saved in: some lines are allowed only with a switch (RELAY-62).</param>
public delegate IReadOnlyList<SettingError> TableCheck(string text, SettingSet set);
